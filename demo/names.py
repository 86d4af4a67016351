"""Names of the county's communities, as people there spell them. The people made of them do not exist.

A name stands as `Latin` or `Latin/original script`; `_` is a space inside a name; a family name that women carry in a form
of their own stands as `his|hers`. The biggest communities are those of the report (domain.md N04).
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Spelling:
    """One name: in Latin letters, and in the original script where a community has one."""

    latin: str
    native: str | None = None


@dataclass(frozen=True)
class Community:
    """Where people come from and what they are called. `script` is the language tag of the original script."""

    key: str
    citizenship: str
    birth_country: str
    languages: tuple[str, ...]
    women: tuple[Spelling, ...]
    men: tuple[Spelling, ...]
    families: tuple[tuple[Spelling, Spelling], ...]  # his, hers
    girls: tuple[Spelling, ...]
    boys: tuple[Spelling, ...]
    script: str | None = None
    two_family_names: bool = False

    def named(self, hers: str) -> tuple[Spelling, Spelling]:
        """The family name of a woman, his form and hers."""
        return next((pair for pair in self.families if pair[1].latin == hers), (Spelling(hers), Spelling(hers)))

    def family(self, rng: random.Random) -> tuple[Spelling, Spelling]:
        """A family name, his form and hers."""
        if not self.two_family_names:
            return rng.choice(self.families)
        (first, _), (second, _) = rng.sample(self.families, 2)
        both = Spelling(f"{first.latin} {second.latin}")
        return both, both


def _spelling(text: str) -> Spelling:
    latin, _, native = text.replace("_", " ").partition("/")
    return Spelling(latin, native or None)


def _names(text: str) -> tuple[Spelling, ...]:
    return tuple(_spelling(name) for name in text.split())


def _families(text: str) -> tuple[tuple[Spelling, Spelling], ...]:
    pairs = []
    for name in text.split():
        his, _, hers = name.partition("|")
        pairs.append((_spelling(his), _spelling(hers or his)))
    return tuple(pairs)


def community(
    key: str,
    country: str,
    languages: str,
    *,
    women: str,
    men: str,
    families: str,
    girls: str,
    boys: str,
    script: str | None = None,
    citizenship: str | None = None,
    two_family_names: bool = False,
) -> Community:
    """Read one community from its lists of names."""
    return Community(
        key,
        citizenship or country,
        country,
        tuple(languages.split(", ")),
        _names(women),
        _names(men),
        _families(families),
        _names(girls),
        _names(boys),
        script,
        two_family_names,
    )


TURKISH = community(
    "tr",
    "Türkei",
    "Türkisch",
    women="Ayşe Şeyma Gülay Emine Hatice Zeynep Fatma Elif Nurcan Songül Sevgi Özlem Derya Şükran Yasemin Çiğdem Gönül "
    "Filiz Nesrin Hacer",
    men="Mehmet Mustafa Hüseyin Ali İbrahim Hasan Murat Ömer Yusuf Çetin Şükrü Uğur Serkan Tuncay Yavuz Barış Halil İsmail",
    families="Yıldız Yılmaz Kaya Demir Şahin Çelik Yıldırım Öztürk Aydın Doğan Kılıç Kurt Şimşek Polat Korkmaz Çakır Aktaş "
    "Bulut Türkmen Güngör",
    girls="Ceren Büşra İrem Selin Esra Dilara",
    boys="Emre Can Kaan Yiğit Furkan Onur",
)
KURDISH = community(
    "ku",
    "Türkei",
    "Kurdisch (Kurmandschi), Türkisch",
    women="Berîvan Zozan Gulistan Rojda Evîn Dilan Xezal Nazê Berfîn Zelal Perîxan Gulê Hêvî Medya Nûda",
    men="Azad Baran Welat Rojhat Serhat Mîran Cîwan Diyar Şivan Rêzan Kendal Agit Bawer Zinar Ferhat",
    families="Akbulut Bozkurt Karataş Taş Bayram Çiftçi Aslan Karakoç Toprak Ateş Deniz Güler Özer Kaplan Erdem",
    girls="Hêlîn Rojîn Delal Nesrîn",
    boys="Rûmet Dilovan Botan Argeş",
)
ITALIAN = community(
    "it",
    "Italien",
    "Italienisch",
    women="Giuseppina Concetta Rosaria Carmela Antonella Loredana Patrizia Assunta Filomena Donatella Graziella Nunzia "
    "Marisa Lucia Teresa Rosalba",
    men="Salvatore Calogero Rosario Gaetano Vincenzo Carmelo Domenico Nicolò Pasquale Rocco Santo Luigi Michele Angelo "
    "Gerlando Raffaele",
    families="Esposito Greco Lo_Presti Ferrara Gallo Vitale Cacciatore Spataro Mancuso La_Rosa D'Angelo De_Luca Sciortino "
    "Cusumano Bellomo Caputo Lombardo Piazza",
    girls="Giulia Chiara Alessia Martina Noemi Sara",
    boys="Matteo Davide Simone Lorenzo Alessio Luca",
)
SERBIAN = community(
    "sr",
    "Serbien",
    "Serbisch",
    script="sr",
    women="Milica/Милица Jelena/Јелена Dragana/Драгана Vesna/Весна Gordana/Гордана Snežana/Снежана Ljiljana/Љиљана "
    "Biljana/Биљана Marija/Марија Ivana/Ивана Sanja/Сања Tijana/Тијана Nevena/Невена Zorica/Зорица Slađana/Слађана "
    "Đurđica/Ђурђица",
    men="Đorđe/Ђорђе Dragan/Драган Goran/Горан Zoran/Зоран Milan/Милан Nenad/Ненад Miloš/Милош Predrag/Предраг Saša/Саша "
    "Vladan/Владан Aleksandar/Александар Stefan/Стефан Nemanja/Немања Željko/Жељко Bojan/Бојан Ljubiša/Љубиша",
    families="Petrović/Петровић Jovanović/Јовановић Nikolić/Николић Marković/Марковић Ilić/Илић Stojanović/Стојановић "
    "Živković/Живковић Pavlović/Павловић Đurić/Ђурић Stanković/Станковић Todorović/Тодоровић Kostić/Костић Ristić/Ристић "
    "Lukić/Лукић Savić/Савић Vukadinović/Вукадиновић",
    girls="Teodora/Теодора Anđela/Анђела Sofija/Софија Jovana/Јована",
    boys="Luka/Лука Vuk/Вук Filip/Филип Uroš/Урош",
)
CROATIAN = community(
    "hr",
    "Kroatien",
    "Kroatisch",
    women="Marija Ana Ivana Katica Mirjana Ljubica Željka Dubravka Jasna Snježana Kata Đurđa Nevenka Štefica Božica Ružica",
    men="Ivan Marko Tomislav Stjepan Josip Ante Željko Krešimir Zvonimir Mladen Branko Hrvoje Zdravko Mato Šime Vinko",
    families="Horvat Kovačić Bašić Marić Jurić Vuković Knežević Blažević Božić Perković Šimić Čavić Grgić Lončar Barišić "
    "Pavić Čolić",
    girls="Lucija Petra Lana Mia",
    boys="Luka Matej Fran Jakov",
)
MOROCCAN = community(
    "ma",
    "Marokko",
    "Arabisch, Französisch",
    script="ar",
    women="Fatima/فاطمة Khadija/خديجة Aïcha/عائشة Naïma/نعيمة Latifa/لطيفة Samira/سميرة Rachida/رشيدة Malika/مليكة "
    "Saïda/سعيدة Hayat/حياة Zineb/زينب Nadia/نادية Karima/كريمة Souad/سعاد Najat/نجاة Ilham/إلهام",
    men="Mohammed/محمد Hassan/حسن Youssef/يوسف Abdelkader/عبد_القادر Driss/إدريس Rachid/رشيد Mustapha/مصطفى Khalid/خالد "
    "Brahim/إبراهيم Omar/عمر Saïd/سعيد Hamid/حميد Abdellah/عبد_الله Noureddine/نور_الدين Mimoun/ميمون Jamal/جمال",
    families="El_Amrani/العمراني Benali/بنعلي Bouzid/بوزيد El_Idrissi/الإدريسي Aït_Lahcen/آيت_لحسن Chraïbi/الشرايبي "
    "El_Mansouri/المنصوري Ouali/والي Haddouch/حدوش Azzouzi/العزوزي Belkacem/بلقاسم Tahiri/الطاهري El_Yaakoubi/اليعقوبي "
    "Ziani/الزياني Boutaleb/بوطالب Lamrabet/المرابط",
    girls="Salma/سلمى Inès/إيناس Yasmine/ياسمين Amira/أميرة",
    boys="Anas/أنس Ilyas/إلياس Ayoub/أيوب Adam/آدم",
)
SPANISH = community(
    "es",
    "Spanien",
    "Spanisch",
    two_family_names=True,
    women="María_Dolores Carmen Concepción Encarnación Josefa Inés Rocío Begoña Montserrat Ángeles Pilar Remedios Nuria "
    "Asunción Milagros Lucía",
    men="José_Antonio Manuel Francisco Jesús Ángel Joaquín Andrés Ramón Julián Agustín Emilio Tomás Víctor Iñaki Martín Óscar",
    families="García Núñez López Muñoz Ibáñez Peña Ordóñez Gutiérrez Rodríguez Sánchez Domínguez Fernández Vázquez Jiménez "
    "Ávila Castaño",
    girls="Alba Irene Claudia Paula",
    boys="Iván Hugo Álvaro Rubén",
)
GREEK = community(
    "el",
    "Griechenland",
    "Griechisch",
    script="el",
    women="Eleni/Ελένη Aikaterini/Αικατερίνη Maria/Μαρία Vasiliki/Βασιλική Georgia/Γεωργία Sofia/Σοφία Dimitra/Δήμητρα "
    "Paraskevi/Παρασκευή Anastasia/Αναστασία Despina/Δέσποινα Evangelia/Ευαγγελία Ioanna/Ιωάννα Chrysoula/Χρυσούλα "
    "Stavroula/Σταυρούλα Panagiota/Παναγιώτα",
    men="Georgios/Γεώργιος Dimitrios/Δημήτριος Konstantinos/Κωνσταντίνος Ioannis/Ιωάννης Nikolaos/Νικόλαος Christos/Χρήστος "
    "Panagiotis/Παναγιώτης Vasileios/Βασίλειος Athanasios/Αθανάσιος Michail/Μιχαήλ Evangelos/Ευάγγελος Spyridon/Σπυρίδων "
    "Stavros/Σταύρος Anastasios/Αναστάσιος Apostolos/Απόστολος",
    families="Papadopoulos/Παπαδόπουλος|Papadopoulou/Παπαδοπούλου Karagiannis/Καραγιάννης|Karagianni/Καραγιάννη "
    "Oikonomou/Οικονόμου Georgiadis/Γεωργιάδης|Georgiadou/Γεωργιάδου Nikolaidis/Νικολαΐδης|Nikolaidou/Νικολαΐδου "
    "Vlachos/Βλάχος|Vlachou/Βλάχου Dimopoulos/Δημόπουλος|Dimopoulou/Δημοπούλου Pappas/Παππάς|Pappa/Παππά "
    "Makris/Μακρής|Makri/Μακρή Konstantinidis/Κωνσταντινίδης|Konstantinidou/Κωνσταντινίδου Alexiou/Αλεξίου "
    "Katsaros/Κατσαρός|Katsarou/Κατσαρού Tsoukalas/Τσουκαλάς|Tsoukala/Τσουκαλά Zafeiriou/Ζαφειρίου "
    "Anagnostou/Αναγνώστου Christodoulou/Χριστοδούλου",
    girls="Danai/Δανάη Ilektra/Ηλέκτρα Nefeli/Νεφέλη",
    boys="Alexandros/Αλέξανδρος Iason/Ιάσων Orestis/Ορέστης",
)
POLISH = community(
    "pl",
    "Polen",
    "Polnisch",
    women="Agnieszka Małgorzata Elżbieta Grażyna Bożena Jadwiga Łucja Wiesława Urszula Halina Danuta Krystyna Zofia Joanna "
    "Żaneta Mirosława",
    men="Łukasz Grzegorz Krzysztof Andrzej Zbigniew Wojciech Stanisław Paweł Michał Tadeusz Józef Sławomir Wiesław Rafał "
    "Bogdan Zdzisław",
    families="Kowalski|Kowalska Wiśniewski|Wiśniewska Zieliński|Zielińska Szymański|Szymańska Kozłowski|Kozłowska "
    "Jabłoński|Jabłońska Majewski|Majewska Pawłowski|Pawłowska Wróblewski|Wróblewska Grabowski|Grabowska Jasiński|Jasińska "
    "Wójcik Woźniak Kaczmarek Mazur Krawczyk Zając Gołąb",
    girls="Zuzanna Oliwia Kinga Maja",
    boys="Jakub Szymon Kacper Mikołaj",
)
AFGHAN = community(
    "af",
    "Afghanistan",
    "Dari, Paschtu",
    script="fa-AF",
    women="Maryam/مریم Zahra/زهرا Fereshta/فرشته Nasrin/نسرین Shukria/شکریه Laila/لیلا Soraya/ثریا Farida/فریده Parwin/پروین "
    "Roya/رویا Shabnam/شبنم Zarghuna/زرغونه Masuda/مسعوده Nilofar/نیلوفر Hosna/حسنا",
    men="Ahmad/احمد Farid/فرید Najib/نجیب Jawad/جواد Hamid/حمید Rahim/رحیم Zabihullah/ذبیح_الله Omid/امید Mirwais/میرویس "
    "Habib/حبیب Aziz/عزیز Nasir/نصیر Yusuf/یوسف Ramin/رامین Haroun/هارون",
    families="Ahmadi/احمدی Rahimi/رحیمی Karimi/کریمی Haidari/حیدری Nazari/نظری Noori/نوری Azizi/عزیزی Rezai/رضایی "
    "Mohammadi/محمدی Hakimi/حکیمی Yousufzai/یوسفزی Barakzai/بارکزی Sharifi/شریفی Amiri/امیری Hossaini/حسینی Sadat/سادات",
    girls="Mursal/مرسل Sahar/سحر Hadia/هدیه Setara/ستاره",
    boys="Idris/ادریس Elyas/الیاس Mustafa/مصطفی Milad/میلاد",
)
RUSSIAN_GERMAN = community(
    "rd",
    "Kasachstan",
    "Russisch, Deutsch",
    script="ru",
    citizenship="Deutschland",
    women="Ljubow/Любовь Swetlana/Светлана Olga/Ольга Natalja/Наталья Irina/Ирина Tatjana/Татьяна Ludmila/Людмила "
    "Galina/Галина Nina/Нина Valentina/Валентина Jelena/Елена Larissa/Лариса Anna/Анна Lidia/Лидия Emma/Эмма Rosa/Роза",
    men="Viktor/Виктор Alexander/Александр Andrej/Андрей Sergej/Сергей Wladimir/Владимир Jakob/Яков Heinrich/Генрих "
    "Eugen/Евгений Dmitrij/Дмитрий Nikolaj/Николай Igor/Игорь Jurij/Юрий Pawel/Павел Artur/Артур Johann/Иоганн Oleg/Олег",
    families="Weber/Вебер Miller/Миллер Schäfer/Шефер Becker/Беккер Hoffmann/Гофман Keller/Келлер Klein/Кляйн "
    "Neumann/Нейман Zimmermann/Циммерман Krüger/Крюгер Reimer/Реймер Penner/Пеннер Wiens/Винс Friesen/Фризен Töws/Тевс "
    "Gerber/Гербер Iwanow/Иванов|Iwanowa/Иванова Kusnezow/Кузнецов|Kusnezowa/Кузнецова Morosow/Морозов|Morosowa/Морозова",
    girls="Alina/Алина Kristina/Кристина Diana/Диана",
    boys="Maxim/Максим Daniel/Даниэль Roman/Роман",
)

# The communities of the report, in its order.
COMMUNITIES = (
    TURKISH,
    ITALIAN,
    SERBIAN,
    CROATIAN,
    MOROCCAN,
    SPANISH,
    GREEK,
    POLISH,
    AFGHAN,
    RUSSIAN_GERMAN,
    KURDISH,
)
