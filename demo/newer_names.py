"""Names of communities that came to the county after the report, and of long-established families."""

from __future__ import annotations

from demo.names import community

UKRAINIAN = community(
    "uk",
    "Ukraine",
    "Ukrainisch, Russisch",
    script="uk",
    women="Oksana/Оксана Olena/Олена Iryna/Ірина Nataliia/Наталія Svitlana/Світлана Tetiana/Тетяна Kateryna/Катерина "
    "Yuliia/Юлія Liudmyla/Людмила Halyna/Галина Viktoriia/Вікторія Anastasiia/Анастасія Mariia/Марія Larysa/Лариса "
    "Khrystyna/Христина",
    men="Andrii/Андрій Oleksandr/Олександр Serhii/Сергій Volodymyr/Володимир Dmytro/Дмитро Mykola/Микола Ivan/Іван "
    "Vasyl/Василь Yurii/Юрій Ihor/Ігор Taras/Тарас Bohdan/Богдан Oleh/Олег Roman/Роман Maksym/Максим",
    families="Kovalenko/Коваленко Bondarenko/Бондаренко Tkachenko/Ткаченко Kravchenko/Кравченко Oliinyk/Олійник "
    "Polishchuk/Поліщук Lysenko/Лисенко Marchenko/Марченко Savchenko/Савченко Rudenko/Руденко Petrenko/Петренко "
    "Moroz/Мороз Hrytsenko/Гриценко Levchenko/Левченко Sadovskyi/Садовський|Sadovska/Садовська "
    "Kovalskyi/Ковальський|Kovalska/Ковальська",
    girls="Sofiia/Софія Zlata/Злата Polina/Поліна",
    boys="Matvii/Матвій Davyd/Давид Tymofii/Тимофій",
)
SYRIAN = community(
    "sy",
    "Syrien",
    "Arabisch",
    script="ar",
    women="Rasha/رشا Amal/أمل Hiba/هبة Rima/ريما Nour/نور Salma/سلمى Widad/وداد Manal/منال Ghada/غادة Lubna/لبنى "
    "Yusra/يسرى Hanan/حنان Samar/سمر Rawan/روان Dima/ديما",
    men="Bassam/بسام Anas/أنس Firas/فراس Maher/ماهر Ziad/زياد Hussam/حسام Tarek/طارق Wael/وائل Nizar/نزار Imad/عماد "
    "Samer/سامر Ghassan/غسان Adnan/عدنان Mazen/مازن Louay/لؤي",
    families="al-Hamwi/الحموي al-Masri/المصري Darwish/درويش Haddad/حداد Khoury/خوري Najjar/نجار Sabbagh/صباغ Qassem/قاسم "
    "Shami/شامي Halabi/حلبي Jaber/جابر Issa/عيسى Mansour/منصور Rifai/رفاعي Suleiman/سليمان Kabbani/قباني",
    girls="Jana/جنى Lian/ليان Tala/تالا",
    boys="Karam/كرم Yaman/يمان Rayan/ريان",
)
ERITREAN = community(
    "er",
    "Eritrea",
    "Tigrinya",
    script="ti",
    women="Selam/ሰላም Mehret/ምሕረት Almaz/ኣልማዝ Rahwa/ራህዋ Helen/ሄለን Feven/ፈቨን Winta/ዊንታ Semhar/ሰምሃር Senait/ሰናይት "
    "Luam/ሉኣም Yordanos/ዮርዳኖስ Natsnet/ናጽነት Freweini/ፍረወይኒ Letebrhan/ለተብርሃን Tsega/ጸጋ",
    men="Filmon/ፊልሞን Abraham/ኣብርሃም Samuel/ሳሙኤል Amanuel/ኣማኑኤል Habtom/ሃብቶም Kibrom/ክብሮም Medhanie/መድሃንየ Yonas/ዮናስ "
    "Mussie/ሙሴ Tedros/ቴድሮስ Robel/ሮቤል Merhawi/መርሃዊ Aron/ኣሮን Simon/ስምኦን Efrem/ኤፍሬም",
    families="Tesfay/ተስፋይ Berhane/ብርሃነ Kidane/ኪዳነ Haile/ሃይለ Mebrahtu/መብራህቱ Gebremedhin/ገብረመድህን Tekle/ተኽለ Weldu/ወልዱ "
    "Yohannes/ዮሃንስ Habte/ሃብተ Ghebru/ገብሩ Okbay/ዑቕባይ Araya/ኣርኣያ Negash/ነጋሽ Zerai/ዘርኣይ",
    girls="Delina/ደሊና Eden/ኤደን Heran/ሄራን",
    boys="Nahom/ናሆም Natan/ናታን Yafet/ያፌት",
)
ETHIOPIAN = community(
    "et",
    "Äthiopien",
    "Amharisch",
    script="am",
    women="Tigist/ትግስት Hiwot/ሕይወት Meseret/መሰረት Bethlehem/ቤተልሔም Genet/ገነት Aster/አስቴር Selamawit/ሰላማዊት Tsion/ጽዮን "
    "Abeba/አበባ Mulu/ሙሉ Eyerusalem/እየሩሳሌም Rahel/ራሔል Marta/ማርታ Kidist/ቅድስት Liya/ሊያ",
    men="Dawit/ዳዊት Girma/ግርማ Tadesse/ታደሰ Solomon/ሰለሞን Yonas/ዮናስ Mulugeta/ሙሉጌታ Kebede/ከበደ Alemu/አለሙ Worku/ወርቁ "
    "Desta/ደስታ Assefa/አሰፋ Lemma/ለማ Biruk/ብሩክ Henok/ሄኖክ Ermias/ኤርምያስ",
    families="Abebe/አበበ Bekele/በቀለ Tesfaye/ተስፋዬ Getachew/ጌታቸው Mekonnen/መኮንን Tilahun/ጥላሁን Wolde/ወልደ Demissie/ደምሴ "
    "Ayele/አየለ Negussie/ንጉሴ Shiferaw/ሽፈራው Zewde/ዘውዴ Hailu/ኃይሉ Fikre/ፍቅሬ Molla/ሞላ",
    girls="Meklit/መክሊት Bitanya/ቢታንያ Saron/ሳሮን",
    boys="Kaleb/ካሌብ Nati/ናቲ Yared/ያሬድ",
)
VIETNAMESE = community(
    "vi",
    "Vietnam",
    "Vietnamesisch",
    women="Thị_Lan Thị_Hương Ngọc_Mai Thu_Hà Thị_Hồng Kim_Liên Thanh_Thảo Bích_Ngọc Thùy_Linh Minh_Châu Thị_Hoa Phương_Anh "
    "Thị_Tuyết Quỳnh_Như Hải_Yến Ánh_Nguyệt",
    men="Văn_Hòa Minh_Tuấn Quang_Huy Văn_Dũng Hữu_Phước Thanh_Tùng Quốc_Bảo Anh_Khoa Trọng_Nghĩa Văn_Long Tiến_Đạt Hoàng_Nam "
    "Ngọc_Sơn Đình_Phúc Xuân_Lộc",
    families="Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý",
    girls="An_Nhiên Bảo_Ngọc Gia_Hân",
    boys="Minh_Khôi Gia_Bảo Đăng_Khoa",
)
ROMANIAN = community(
    "ro",
    "Rumänien",
    "Rumänisch",
    women="Mihaela Ștefania Cătălina Ioana Lăcrămioara Nicoleta Gabriela Rodica Măriuca Țipora Luminița Anișoara Crina Doina "
    "Simona",
    men="Gheorghe Ștefan Cătălin Ion Răzvan Dumitru Mihai Vasile Sorin Costel Petru Cristian Iulian Marius Nicușor",
    families="Popescu Ionescu Dumitrescu Stănescu Munteanu Rusu Ciobanu Țăranu Moraru Ungureanu Lungu Șerban Câmpeanu Dănilă "
    "Brânză Olteanu",
    girls="Daria Ilinca Sânziana",
    boys="Darius Rareș Vlăduț",
)
GERMAN = community(
    "de",
    "Deutschland",
    "Deutsch",
    women="Sabine Monika Ursula Petra Heike Andrea Birgit Gisela Renate Karin Jutta Ingrid Christiane Silke Ute Bärbel",
    men="Thomas Michael Andreas Stefan Peter Klaus Jürgen Wolfgang Bernd Uwe Rainer Dieter Holger Günter Jörg Volker",
    families="Hofmann Schneider Ritter Kühn Böhm Jäger Groß Voigt Günther Seidel Heß Weiß Döring Bär Löwe Stöcker Pfeifer "
    "Roßbach",
    girls="Hannah Lea Johanna Emilia",
    boys="Jonas Paul Felix Anton",
)
